"""The column that a well-known table is made to predict is the one that is suggested."""

from __future__ import annotations

import pytest

from optbench.datasets.target_names import likely_targets

KNOWN = {
    "bank marketing": ("age,job,default,balance,housing,loan,duration,poutcome,y", "y"),
    "bank marketing, another copy": ("age,default,balance,deposit", "deposit"),
    "Titanic": ("PassengerId,Survived,Pclass,Name,Sex", "Survived"),
    "Titanic of seaborn": ("survived,pclass,sex,age,class,who,alive,alone", "survived"),
    "Telco": ("customerID,gender,tenure,TotalCharges,Churn", "Churn"),
    "Telco, the newer file": ("CustomerID,Churn Label,Churn Value,Churn Score,CLTV,Churn Reason", "Churn Label"),
    "credit cards": ("ID,LIMIT_BAL,SEX,PAY_0,default.payment.next.month", "default.payment.next.month"),
    "fraud": ("Time,V1,V2,Amount,Class", "Class"),
    "payments": ("step,type,amount,isFraud", "isFraud"),
    "diamonds": ("carat,cut,color,price,x,y,z", "price"),
    "wine": ("fixed acidity,alcohol,quality", "quality"),
    "Adult": ("age,workclass,education,income", "income"),
    "houses": ("Id,LotArea,YearBuilt,SalePrice", "SalePrice"),
    "California": ("longitude,latitude,median_house_value,ocean_proximity", "median_house_value"),
    "hearts": ("Age,Sex,ChestPainType,HeartDisease", "HeartDisease"),
    "loans": ("Loan_ID,Gender,LoanAmount,Loan_Status", "Loan_Status"),
    "iris": ("sepal_length,sepal_width,species", "species"),
    "clientes": ("código_cliente,edad,Abandono,clase", "Abandono"),
    "pacientes": ("edad,diagnóstico,presión", "diagnóstico"),
    "viviendas": ("metros,barrio,precio_venta", "precio_venta"),
    "cualquiera": ("a,Variable objetivo,b", "Variable objetivo"),
    "breast cancer": ("id,diagnosis,radius_mean,texture_mean", "diagnosis"),
}


@pytest.mark.parametrize(("names", "target"), KNOWN.values(), ids=KNOWN)
def test_known_tables(names, target):
    """By the names of their columns alone."""
    assert likely_targets(names.split(","))[0][0] == target


@pytest.mark.parametrize("names", ["a,b", "unit price,x", "year,z", "estado,x", ""])
def test_names_that_say_nothing(names):
    """A word in a name is not enough, unless it says what the column is."""
    assert likely_targets(names.split(",")) == []
